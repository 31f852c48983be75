package sluice.lambda;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs a Java handler against Lambda's Runtime API: asks for an event, calls the handler, answers. */
public final class Main {
  public static void main(String[] arguments) throws IOException {
    RuntimeApi api = new RuntimeApi(System.getenv("AWS_LAMBDA_RUNTIME_API"));
    Handler handler;
    try {
      handler = Handler.of(System.getenv("_HANDLER"));
    } catch (Throwable error) {
      Throwable cause = causeOf(error);
      cause.printStackTrace();
      api.post("init/error", failure(cause));
      System.exit(1);
      return;
    }
    while (true) serve(api, handler);
  }

  private static void serve(RuntimeApi api, Handler handler) throws IOException {
    RuntimeApi.Event event = api.next();
    String place = "invocation/" + event.requestId() + "/";
    ByteArrayOutputStream answer = new ByteArrayOutputStream();
    try {
      handler.call(event, answer);
    } catch (Throwable error) {
      Throwable cause = causeOf(error);
      cause.printStackTrace();
      System.out.flush();
      api.post(place + "error", failure(cause));
      return;
    }
    System.out.flush();
    api.post(place + "response", answer.toByteArray());
  }

  /** What a handler has thrown, without the wrapping of reflection. */
  private static Throwable causeOf(Throwable error) {
    boolean isWrapping = error instanceof InvocationTargetException || error instanceof ExceptionInInitializerError;
    return isWrapping && error.getCause() != null ? error.getCause() : error;
  }

  private static byte[] failure(Throwable error) {
    return Json.write(described(error)).getBytes(StandardCharsets.UTF_8);
  }

  private static Map<String, Object> described(Throwable error) {
    List<Object> frames = new ArrayList<>();
    for (StackTraceElement frame : error.getStackTrace()) frames.add(frame.toString());
    Map<String, Object> told = new LinkedHashMap<>();
    told.put("errorMessage", String.valueOf(error.getMessage()));
    told.put("errorType", error.getClass().getName());
    told.put("stackTrace", frames);
    if (error.getCause() != null) told.put("cause", described(error.getCause()));
    return told;
  }
}
