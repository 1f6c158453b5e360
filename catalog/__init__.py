"""The business's words: entities, fields and the expression language over them."""
