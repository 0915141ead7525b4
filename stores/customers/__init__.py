"""To whom a customer belongs: people and their identities, events taken in, bindings folded from
facts, notices. Uses figures and what is above them."""
