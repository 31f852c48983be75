package sluice.lambda;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON as Java's own values: Map, List, String, Boolean, null, and numbers as Integer, Long or Double. */
final class Json {
  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  /** Reads a text. It has been checked by whoever took the event. */
  static Object read(String text) {
    Json json = new Json(text);
    Object value = json.value();
    json.space();
    if (json.at < text.length()) throw json.unexpected();
    return value;
  }

  /** Writes a value of those kinds. */
  static String write(Object value) {
    StringBuilder out = new StringBuilder();
    write(value, out);
    return out.toString();
  }

  private Object value() {
    space();
    return switch (peek()) {
      case '{' -> map();
      case '[' -> list();
      case '"' -> string();
      case 't' -> word("true", Boolean.TRUE);
      case 'f' -> word("false", Boolean.FALSE);
      case 'n' -> word("null", null);
      default -> number();
    };
  }

  private Map<String, Object> map() {
    Map<String, Object> map = new LinkedHashMap<>();
    for (take('{'); !ends('}', map.isEmpty()); ) {
      space();
      String key = string();
      space();
      take(':');
      map.put(key, value());
    }
    return map;
  }

  private List<Object> list() {
    List<Object> list = new ArrayList<>();
    for (take('['); !ends(']', list.isEmpty()); ) list.add(value());
    return list;
  }

  /** Whether a list or a map ends here; a comma is taken where it goes on. */
  private boolean ends(char end, boolean isEmpty) {
    space();
    if (peek() == end) {
      at++;
      return true;
    }
    if (!isEmpty) take(',');
    return false;
  }

  private String string() {
    StringBuilder out = new StringBuilder();
    for (take('"'); peek() != '"'; at++) {
      if (peek() != '\\') {
        out.append(peek());
        continue;
      }
      at++;
      char letter = peek();
      switch (letter) {
        case 'b' -> out.append('\b');
        case 'f' -> out.append('\f');
        case 'n' -> out.append('\n');
        case 'r' -> out.append('\r');
        case 't' -> out.append('\t');
        case 'u' -> {
          out.append((char) Integer.parseInt(text, at + 1, at + 5, 16));
          at += 4;
        }
        default -> out.append(letter);
      }
    }
    at++;
    return out.toString();
  }

  private Object number() {
    int start = at;
    while (at < text.length() && "+-.0123456789eE".indexOf(text.charAt(at)) >= 0) at++;
    String digits = text.substring(start, at);
    if (digits.isEmpty()) throw unexpected();
    if (digits.matches("-?\\d{1,9}")) return Integer.valueOf(digits);
    if (digits.matches("-?\\d{1,18}")) return Long.valueOf(digits);
    return Double.valueOf(digits);
  }

  private Object word(String word, Object value) {
    for (int index = 0; index < word.length(); index++) take(word.charAt(index));
    return value;
  }

  private char peek() {
    if (at >= text.length()) throw unexpected();
    return text.charAt(at);
  }

  private void take(char wanted) {
    if (peek() != wanted) throw unexpected();
    at++;
  }

  private void space() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at++;
  }

  private IllegalArgumentException unexpected() {
    return new IllegalArgumentException("The event is no JSON: it goes wrong at character " + at);
  }

  private static void write(Object value, StringBuilder out) {
    if (value instanceof Map<?, ?> map) {
      String comma = "{";
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        out.append(comma);
        quote(String.valueOf(entry.getKey()), out);
        out.append(':');
        write(entry.getValue(), out);
        comma = ",";
      }
      out.append(map.isEmpty() ? "{}" : "}");
    } else if (value instanceof List<?> list) {
      String comma = "[";
      for (Object item : list) {
        out.append(comma);
        write(item, out);
        comma = ",";
      }
      out.append(list.isEmpty() ? "[]" : "]");
    } else if (value instanceof String string) quote(string, out);
    else if (value instanceof Number number && !Double.isFinite(number.doubleValue())) quote(number.toString(), out);
    else out.append(value);
  }

  private static void quote(String string, StringBuilder out) {
    out.append('"');
    for (char letter : string.toCharArray())
      if (letter == '"' || letter == '\\') out.append('\\').append(letter);
      else if (letter < ' ') out.append(String.format("\\u%04x", (int) letter));
      else out.append(letter);
    out.append('"');
  }
}
