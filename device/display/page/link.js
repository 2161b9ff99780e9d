/* The page's connection to the broker on its own kiosk.
   Guarantees: it reconnects for ever, after a delay with jitter that grows to ten seconds; nothing
   is queued while it is down, so that no touch arrives long after it was made. */
"use strict";

const Link = (() => {
  const FIRST_DELAY_MS = 500;
  const LONGEST_DELAY_MS = 10000;
  const KEEPALIVE_S = 5;

  /* on.open(), on.close(), on.message(name, text, retained): `name` is the topic below the root. */
  function open(settings, subscriptions, on) {
    let client = null;
    let failures = 0;

    function connect() {
      const mine = mqtt.connect(settings.url, {
        protocolVersion: 4, // MQTT 3.1.1, which every broker supports
        clientId: `wayside-page-${Math.random().toString(36).slice(2, 10)}`,
        username: settings.username ?? undefined,
        password: settings.password ?? undefined,
        clean: true,
        keepalive: KEEPALIVE_S,
        connectTimeout: 5000,
        reconnectPeriod: 0, // mqtt.js has no jitter: `again` does it
        queueQoSZero: false,
        timerVariant: "native", // the content security policy forbids a worker from a blob
      });
      client = mine;
      mine.on("connect", () => {
        failures = 0;
        mine.subscribe(subscriptions.map((name) => `${settings.root}/${name}`), { qos: 1 });
        on.open();
      });
      mine.on("message", (topic, payload, packet) => {
        on.message(topic.slice(settings.root.length + 1), payload.toString(), packet.retain);
      });
      mine.on("error", (error) => console.warn(`broker: ${error.message}`));
      mine.once("close", () => {
        mine.end(true);
        on.close();
        again();
      });
    }

    function again() {
      const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** failures);
      failures += 1;
      setTimeout(connect, delay * (0.5 + Math.random()));
    }

    function publish(name, value, qos) {
      if (!client.connected) return false;
      client.publish(`${settings.root}/${name}`, JSON.stringify(value), { qos, retain: false });
      return true;
    }

    connect();
    return { publish };
  }

  return { open };
})();
