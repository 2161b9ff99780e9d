"""Pictures of faces, from archives, folders and photographs to tables and batches."""
