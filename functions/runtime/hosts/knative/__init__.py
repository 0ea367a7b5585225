"""The Knative host: CloudEvents over HTTP, one request an event.

Answers are what the NatsJetStreamBroker goes by (knative/eventing-natss): 2xx ends an event, and so does a 4xx, which
sends it to the broker's dead-letter sink; 503 with ``Retry-After`` asks for it again. A 2xx has no body, since a broker
takes one that is no CloudEvent for a failure (knative/eventing, cmd/broker/filter).
"""
