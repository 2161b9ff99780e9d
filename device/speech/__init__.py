"""Words said aloud: a text and its language become a sound, made by a program of its own."""
