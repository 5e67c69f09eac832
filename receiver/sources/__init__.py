"""Where AIS comes from: recorded files, and live sources, one file each.

`LIVE` has a row for each way a source's address may begin.
"""

LIVE = {  # scheme of an address: (module, class)
    "serial": ("serial_port", "SerialPort"),
    "rtlsdr": ("rtlsdr", "RtlSdr"),
    "tcp": ("tcp", "TcpClient"),
    "tcp-listen": ("tcp", "TcpServer"),
    "udp": ("udp", "Udp"),
    "stdin": ("stdin", "Stdin"),
    "file": ("follow", "Follow"),
    "mqtt": ("mqtt", "Mqtt"),
    "mqtts": ("mqtt", "Mqtt"),
    "ws": ("websocket", "WebSocket"),
    "wss": ("websocket", "WebSocket"),
    "simulator": ("simulated", "Simulated"),
}
