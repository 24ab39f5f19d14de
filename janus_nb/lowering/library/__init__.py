"""What is known of libraries, and how their code is traced."""
