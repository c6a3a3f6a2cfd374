"""A receiver of webhooks with the reference library: python webhook_receiver.py SECRET prints its port, then one line for each call: what it verified, or why not."""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

webhook = Webhook(sys.argv[1])


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            verified = webhook.verify(body, {name.lower(): value for name, value in self.headers.items()})
            status, seen = 204, {"verified": verified, "id": self.headers["webhook-id"]}
        except WebhookVerificationError as problem:
            status, seen = 401, {"refused": str(problem)}
        print(json.dumps(seen), flush=True)
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


server = HTTPServer(("127.0.0.1", 0), Receiver)
print(server.server_port, flush=True)
server.serve_forever()
