"""Updates over MQTT: what a kiosk may run is signed, kept by its hash, tried and taken back."""
