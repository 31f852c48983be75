package sluice.lambda;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Speaks HTTP with the Runtime API on one connection, which always answers with a length. Java's own clients take longer to load than all the rest. */
final class RuntimeApi {
  /** One event, and what came with it. */
  record Event(Map<String, String> headers, byte[] body) {
    String requestId() {
      return headers.get("lambda-runtime-aws-request-id");
    }
  }

  private static final String PREFIX = "/2018-06-01/runtime/";

  private final String host;
  private final String prefix;
  private final InputStream in;
  private final OutputStream out;

  RuntimeApi(String address) throws IOException {
    // The address goes on with a folder, which every path is below.
    int slash = address.indexOf('/');
    host = slash < 0 ? address : address.substring(0, slash);
    prefix = address.substring(host.length()) + PREFIX;
    int colon = host.lastIndexOf(':');
    Socket socket = new Socket(host.substring(0, colon), Integer.parseInt(host.substring(colon + 1)));
    socket.setTcpNoDelay(true);
    in = new BufferedInputStream(socket.getInputStream());
    out = socket.getOutputStream();
  }

  /** Waits for the next event. */
  Event next() throws IOException {
    return ask("GET", "invocation/next", new byte[0]);
  }

  /** Tells how an event, or the start, has ended. */
  void post(String path, byte[] body) throws IOException {
    ask("POST", path, body);
  }

  private Event ask(String method, String path, byte[] body) throws IOException {
    String head = method + " " + prefix + path + " HTTP/1.1\r\nHost: " + host
        + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length + "\r\n\r\n";
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    request.write(head.getBytes(StandardCharsets.ISO_8859_1));
    request.write(body);
    request.writeTo(out);
    out.flush();
    line(); // the status tells nothing that could be acted on
    Map<String, String> headers = new HashMap<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      headers.put(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).trim());
    }
    return new Event(headers, in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0"))));
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) throw new EOFException("Whoever runs this is gone");
      if (next != '\r') line.write(next);
    }
    return line.toString(StandardCharsets.ISO_8859_1);
  }
}
