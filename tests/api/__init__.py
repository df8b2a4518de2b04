"""Every endpoint, over real sockets, against the sandbox."""
