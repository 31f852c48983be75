package sluice.lambda;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Lambda's context for one call. Its interface comes with the function's own code, so it is made for whatever that has. */
final class CallContext {
  static Object of(Class<?> type, Map<String, String> headers) {
    long deadline = Long.parseLong(headers.get("lambda-runtime-deadline-ms"));
    return proxy(type, (self, method, values) -> switch (method.getName()) {
      case "getAwsRequestId" -> headers.get("lambda-runtime-aws-request-id");
      case "getInvokedFunctionArn" -> headers.get("lambda-runtime-invoked-function-arn");
      case "getFunctionName" -> System.getenv("AWS_LAMBDA_FUNCTION_NAME");
      case "getFunctionVersion" -> System.getenv("AWS_LAMBDA_FUNCTION_VERSION");
      case "getLogGroupName" -> System.getenv("AWS_LAMBDA_LOG_GROUP_NAME");
      case "getLogStreamName" -> System.getenv("AWS_LAMBDA_LOG_STREAM_NAME");
      case "getMemoryLimitInMB" -> Integer.valueOf(System.getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"));
      case "getRemainingTimeInMillis" -> (int) Math.max(0, deadline - System.currentTimeMillis());
      case "getLogger" -> logger(method.getReturnType());
      default -> ofObject(self, method.getName(), values); // identity and client context: there is none
    });
  }

  /** Writes what it is given, a string or bytes, as a line; a level that comes with it is not written. */
  private static Object logger(Class<?> type) {
    return proxy(type, (self, method, values) -> {
      if (!method.getName().equals("log")) return ofObject(self, method.getName(), values);
      Object message = values[0];
      System.out.println(message instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : message);
      return null;
    });
  }

  private static Object proxy(Class<?> type, InvocationHandler handler) {
    return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler);
  }

  private static Object ofObject(Object self, String method, Object[] values) {
    return switch (method) {
      case "hashCode" -> System.identityHashCode(self);
      case "equals" -> self == values[0];
      case "toString" -> "Lambda's " + self.getClass().getInterfaces()[0].getSimpleName();
      default -> null;
    };
  }
}
