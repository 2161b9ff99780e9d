"""The words of the screen, one table a language, and the guard over them."""
