package sluice.lambda;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A method that handles events: `package.Class::method`, or a class that implements an interface of Lambda's own. It may take an event of any type, Lambda's context, or streams. */
final class Handler {
  private final Object instance;
  private final Method method;

  private Handler(Object instance, Method method) {
    this.instance = instance;
    this.method = method;
  }

  /** Finds the method that a handler's name stands for. */
  static Handler of(String name) throws ReflectiveOperationException {
    String[] parts = name.split("::", 2);
    Class<?> type;
    try {
      type = Class.forName(parts[0]);
    } catch (ClassNotFoundException error) {
      throw new ClassNotFoundException("Class not found: " + parts[0]);
    }
    Method method = methodOf(type, parts.length == 2 ? parts[1] : "handleRequest");
    method.setAccessible(true);
    if (Modifier.isStatic(method.getModifiers())) return new Handler(null, method);
    var constructor = type.getDeclaredConstructor();
    constructor.setAccessible(true);
    return new Handler(constructor.newInstance(), method);
  }

  /** Of several methods of one name the one that takes most; not those that the compiler adds for generic interfaces. */
  private static Method methodOf(Class<?> type, String name) throws NoSuchMethodException {
    List<Method> named = Stream.of(type.getMethods()).filter(method -> method.getName().equals(name)).toList();
    return named.stream()
        .filter(method -> !method.isBridge() && canBeCalled(method))
        .max(Comparator.comparingInt(Method::getParameterCount))
        .orElseThrow(() -> new NoSuchMethodException(named.isEmpty()
            ? "No public method named " + name + " with appropriate method signature found on class " + type.getName()
            : "The method " + name + " of class " + type.getName()
                + " must take an event, a context, both, or an InputStream and an OutputStream"));
  }

  private static boolean canBeCalled(Method method) {
    Class<?>[] types = method.getParameterTypes();
    int count = types.length > 0 && isContext(types[types.length - 1]) ? types.length - 1 : types.length;
    return count <= 1 || (count == 2 && types[0] == InputStream.class && types[1] == OutputStream.class);
  }

  private static boolean isContext(Class<?> type) {
    return type.getName().equals("com.amazonaws.services.lambda.runtime.Context");
  }

  /** Calls it with an event, and writes down what it answers. */
  void call(RuntimeApi.Event event, OutputStream answer) throws Exception {
    Class<?>[] types = method.getParameterTypes();
    Object[] values = new Object[types.length];
    for (int index = 0; index < types.length; index++) values[index] = argument(index, event, answer);
    Object result = method.invoke(instance, values);
    boolean hasWritten = types.length > 1 && types[1] == OutputStream.class;
    if (!hasWritten) answer.write(Json.write(Beans.plain(result)).getBytes(StandardCharsets.UTF_8));
  }

  private Object argument(int index, RuntimeApi.Event event, OutputStream answer) throws Exception {
    Class<?> type = method.getParameterTypes()[index];
    if (isContext(type)) return CallContext.of(type, event.headers());
    if (type == InputStream.class) return new ByteArrayInputStream(event.body());
    if (type == OutputStream.class) return answer;
    Type wanted = method.getGenericParameterTypes()[index];
    return Beans.bind(Json.read(new String(event.body(), StandardCharsets.UTF_8)), wanted);
  }
}
