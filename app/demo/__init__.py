"""The demo chain: a made-up Chinese franchise of believable shape, brought in through the same
services as real facts. Uses the portals and what is above them."""
