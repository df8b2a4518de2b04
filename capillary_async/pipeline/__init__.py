"""What happens to one request, from the call down to the socket. Start reading at `dispatch`."""
