"""Tables in files: CSV, TSV, JSON Lines and XLSX, decoded strictly and streamed through petl."""
