"""What a contract may say and may not mean: each thing is worth a look, and none is refused."""
