"""What the kiosk says and hears over MQTT: topics, payloads, the bus, the embedded broker."""
