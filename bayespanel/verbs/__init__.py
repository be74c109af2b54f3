"""What a user does with a specification and data: one function per verb."""
