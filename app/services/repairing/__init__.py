"""What a person does about documents and records that are stuck."""
