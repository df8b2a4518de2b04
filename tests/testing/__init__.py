"""What tests of other programs are made of."""
