"""Who stands there: readings become visitors, visitors an audience, an audience a screen."""
