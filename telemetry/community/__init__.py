"""The community server: takes sealed reports in, adds them up, forgets them, and publishes what many have in common.

Knows the client by the wire format alone (`schemas/`, telemetry/contract). Its dependencies are the install extra
`community`; nothing outside this room imports it.
"""
