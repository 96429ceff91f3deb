"""What every stage agrees on: records, vocabulary, schemas, errors, names of files. Imports nothing of ours."""
