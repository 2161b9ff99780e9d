"""MQTT: the table of topics, payloads, the kiosk's client (`Bus`), the embedded broker."""
