"""The JetStream host: one worker of one service, a durable pull consumer.

done -> ack, dead -> term after the dead letter, retry and wait -> nak with a delay; heartbeats while a handler runs.
"""
