package sluice.lambda;

import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Between JSON's values and a handler's own types: collections, numbers, enums, records, and classes with getters and setters. */
final class Beans {
  /** A value of JSON as a type wants it. What a class has no setter for is left out, as Lambda leaves it out. */
  static Object bind(Object value, Type wanted) throws ReflectiveOperationException {
    Class<?> type = classOf(wanted);
    if (value == null) return type.isPrimitive() ? Array.get(Array.newInstance(type, 1), 0) : null;
    if (type == Object.class) return value;
    if (type == String.class) return value instanceof String ? value : Json.write(value);
    if (type == boolean.class || type == Boolean.class) return value;
    Number number = value instanceof Number any ? numberAs(type, any) : null;
    if (number != null) return number;
    if (type.isEnum() && value instanceof String name) return constant(type, name);
    if (value instanceof List<?> list) return bindList(list, wanted);
    if (value instanceof Map<?, ?> map) return bindMap(map, wanted);
    throw new IllegalArgumentException("An event of type " + value.getClass().getSimpleName()
        + " was given, and the handler takes " + wanted.getTypeName());
  }

  /** What a handler has returned as values of JSON. */
  static Object plain(Object value) throws ReflectiveOperationException {
    if (value == null || value instanceof String || value instanceof Boolean || value instanceof Number) return value;
    if (value instanceof Enum<?> constant) return constant.name();
    if (value instanceof Character || value instanceof CharSequence) return value.toString();
    if (value instanceof Map<?, ?> map) {
      Map<String, Object> plain = new LinkedHashMap<>();
      for (Map.Entry<?, ?> entry : map.entrySet()) plain.put(String.valueOf(entry.getKey()), plain(entry.getValue()));
      return plain;
    }
    if (value instanceof Iterable<?> items) {
      List<Object> plain = new ArrayList<>();
      for (Object item : items) plain.add(plain(item));
      return plain;
    }
    if (value.getClass().isArray()) {
      List<Object> plain = new ArrayList<>();
      for (int index = 0; index < Array.getLength(value); index++) plain.add(plain(Array.get(value, index)));
      return plain;
    }
    return value.getClass().getName().startsWith("java.") ? value.toString() : properties(value);
  }

  private static Class<?> classOf(Type type) {
    if (type instanceof Class<?> plain) return plain;
    return type instanceof ParameterizedType generic ? (Class<?>) generic.getRawType() : Object.class;
  }

  /** The type of a collection's items, or of a map's values. */
  private static Type lastArgument(Type type) {
    if (!(type instanceof ParameterizedType generic)) return Object.class;
    Type[] all = generic.getActualTypeArguments();
    return all[all.length - 1];
  }

  private static Number numberAs(Class<?> type, Number number) {
    if (type == int.class || type == Integer.class) return number.intValue();
    if (type == long.class || type == Long.class) return number.longValue();
    if (type == double.class || type == Double.class) return number.doubleValue();
    if (type == float.class || type == Float.class) return number.floatValue();
    if (type == short.class || type == Short.class) return number.shortValue();
    if (type == byte.class || type == Byte.class) return number.byteValue();
    return type == Number.class ? number : null;
  }

  private static Object constant(Class<?> type, String name) {
    return Stream.of(type.getEnumConstants())
        .filter(one -> ((Enum<?>) one).name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("There is no " + type.getSimpleName() + " \"" + name + "\""));
  }

  private static Object bindList(List<?> list, Type wanted) throws ReflectiveOperationException {
    Class<?> type = classOf(wanted);
    if (type.isArray()) {
      Object array = Array.newInstance(type.getComponentType(), list.size());
      for (int index = 0; index < list.size(); index++)
        Array.set(array, index, bind(list.get(index), type.getComponentType()));
      return array;
    }
    List<Object> bound = new ArrayList<>();
    for (Object item : list) bound.add(bind(item, lastArgument(wanted)));
    Set<Object> set = Set.class.isAssignableFrom(type) ? new LinkedHashSet<>(bound) : null;
    return set == null ? bound : set;
  }

  private static Object bindMap(Map<?, ?> map, Type wanted) throws ReflectiveOperationException {
    Class<?> type = classOf(wanted);
    if (type.isRecord()) return bindRecord(map, type);
    if (!Map.class.isAssignableFrom(type)) return bindBean(map, type);
    Map<String, Object> bound = new LinkedHashMap<>();
    for (Map.Entry<?, ?> entry : map.entrySet())
      bound.put((String) entry.getKey(), bind(entry.getValue(), lastArgument(wanted)));
    return bound;
  }

  private static Object bindRecord(Map<?, ?> map, Class<?> type) throws ReflectiveOperationException {
    RecordComponent[] components = type.getRecordComponents();
    Object[] values = new Object[components.length];
    for (int index = 0; index < components.length; index++)
      values[index] = bind(map.get(components[index].getName()), components[index].getGenericType());
    Class<?>[] types = Stream.of(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    return made(type.getDeclaredConstructor(types), values);
  }

  private static Object bindBean(Map<?, ?> map, Class<?> type) throws ReflectiveOperationException {
    Object bean = made(type.getDeclaredConstructor());
    for (Method method : type.getMethods()) {
      boolean isSetter = method.getName().matches("set.+") && method.getParameterCount() == 1 && !method.isBridge();
      String name = isSetter ? propertyOf(method, 3) : "";
      if (isSetter && map.containsKey(name))
        method.invoke(bean, bind(map.get(name), method.getGenericParameterTypes()[0]));
    }
    return bean;
  }

  private static Object made(Constructor<?> constructor, Object... values) throws ReflectiveOperationException {
    constructor.setAccessible(true);
    return constructor.newInstance(values);
  }

  private static Map<String, Object> properties(Object value) throws ReflectiveOperationException {
    Map<String, Object> plain = new LinkedHashMap<>();
    for (Method method : value.getClass().getMethods()) {
      String name = propertyRead(method, value.getClass());
      if (name == null) continue;
      method.setAccessible(true);
      plain.put(name, plain(method.invoke(value)));
    }
    return plain;
  }

  /** The name of the property that a method reads, if it is one that does. */
  private static String propertyRead(Method method, Class<?> type) {
    boolean isReader = method.getParameterCount() == 0 && !Modifier.isStatic(method.getModifiers())
        && method.getReturnType() != void.class && method.getDeclaringClass() != Object.class && !method.isBridge();
    if (!isReader) return null;
    String name = method.getName();
    if (type.isRecord())
      return Stream.of(type.getRecordComponents()).anyMatch(one -> one.getName().equals(name)) ? name : null;
    if (name.matches("get.+")) return propertyOf(method, 3);
    return name.matches("is.+") && method.getReturnType() == boolean.class ? propertyOf(method, 2) : null;
  }

  private static String propertyOf(Method method, int prefix) {
    String name = method.getName().substring(prefix);
    return name.substring(0, 1).toLowerCase(Locale.ROOT) + name.substring(1);
  }
}
