"""Facts of guides' months as they stood under a seal: loaded in sets."""
