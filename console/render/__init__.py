"""From read models to HTML: templates, numbers and times as people read them, words for states."""
