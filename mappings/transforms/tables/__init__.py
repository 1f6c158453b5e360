"""What transforms look up: variant kanji, kana, legal forms, mail domains, filler words."""
