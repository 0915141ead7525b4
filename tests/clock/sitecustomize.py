"""Python reads this when it starts with this folder on its path: a process that a test starts has
the tests' clock, not the machine's."""

import os
import time

if "TEST_CLOCK_OFFSET_S" in os.environ:
    import time_machine

    time_machine.travel(time.time() + float(os.environ["TEST_CLOCK_OFFSET_S"]), tick=True).start()
