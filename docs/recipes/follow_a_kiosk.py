"""What a kiosk suggests, as it changes: any MQTT client can follow. Arguments: host, port."""

import json
import sys

import paho.mqtt.client as mqtt

TOPIC = "wayside/v1/+/+/suggestions"
host, port = sys.argv[1], int(sys.argv[2])


def on_message(client: mqtt.Client, userdata: object, message: mqtt.MQTTMessage) -> None:
    """Print what stands on the screen now."""
    said = json.loads(message.payload)
    titles = " · ".join(item["title"] for item in said["items"])
    print(said["state"], titles)
    if said["items"]:
        client.disconnect()  # this recipe is content with one


client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
client.message_callback_add(TOPIC, on_message)
client.connect(host, port)
client.subscribe(TOPIC)
client.loop_forever()
