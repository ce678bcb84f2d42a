"""The transforms: pure functions of typed values, named after what they do, and also the filters of templates."""
