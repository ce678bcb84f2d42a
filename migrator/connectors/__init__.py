"""The world outside, behind two protocols: `Source` gives rows, `Target` is read and written."""
