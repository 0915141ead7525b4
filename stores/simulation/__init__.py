"""What if: the same visits decided twice, by the rules and network in force and by changed ones
(A16, H1). See `running.run`. Uses exports and what is above them."""
