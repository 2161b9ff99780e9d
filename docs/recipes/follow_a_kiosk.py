"""Print what a kiosk suggests; any MQTT client can subscribe. Arguments: host, port."""

import json
import sys

import paho.mqtt.client as mqtt

TOPIC = "wayside/v1/+/+/suggestions"
host, port = sys.argv[1], int(sys.argv[2])


def on_message(client: mqtt.Client, userdata: object, message: mqtt.MQTTMessage) -> None:
    """Print what is on the screen now."""
    shown = json.loads(message.payload)
    titles = " · ".join(item["title"] for item in shown["items"])
    print(shown["state"], titles)
    if shown["items"]:
        client.disconnect()  # one message with items is enough here


client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
client.message_callback_add(TOPIC, on_message)
client.connect(host, port)
client.subscribe(TOPIC)
client.loop_forever()
