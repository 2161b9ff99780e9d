"""The page that visitors see, and the server that serves it on loopback where no broker does."""
