"""Runs a Python handler against Lambda's Runtime API: asks for an event, calls the handler, answers."""

import http.client
import importlib
import json
import logging
import os
import sys
import time
import traceback

API = "/2018-06-01/runtime/"


class Context:
    """What a handler may know of its call; the names are Lambda's."""

    def __init__(self, headers):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        given = headers.get("Lambda-Runtime-Client-Context")
        self.client_context = json.loads(given) if given else None
        self._deadline = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline - int(time.time() * 1000))


class LogHandler(logging.Handler):
    """Writes the records of `logging` the way Lambda does."""

    request_id = ""

    def emit(self, record):
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        text = self.format(record).replace("\n", "\r")
        sys.stdout.write(f"[{record.levelname}]\t{moment}.{int(record.msecs):03d}Z\t{LogHandler.request_id}\t{text}\n")


def main():
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    logging.getLogger().addHandler(LogHandler())
    try:
        handler = load(os.environ["_HANDLER"])
    except BaseException as error:
        answer(connection, "init/error", failure(error, f"Unable to import module: {error}" if isinstance(error, ImportError) else None))
        sys.exit(1)
    while True:
        serve(connection, handler)


def load(name):
    task = os.environ["LAMBDA_TASK_ROOT"]
    sys.path.insert(0, task)
    module, _, function = name.rpartition(".")
    if not module:
        raise ValueError(f"Bad handler '{name}': it must be MODULE.FUNCTION")
    found = getattr(importlib.import_module(module.replace("/", ".")), function, None)
    if found is None:
        raise AttributeError(f"Handler '{function}' missing on module '{module}'")
    return found


def serve(connection, handler):
    connection.request("GET", API + "invocation/next")
    response = connection.getresponse()
    body = response.read()
    context = Context(response.headers)
    LogHandler.request_id = context.aws_request_id
    trace = response.headers.get("Lambda-Runtime-Trace-Id")
    if trace:
        os.environ["_X_AMZN_TRACE_ID"] = trace
    place = f"invocation/{context.aws_request_id}/"
    try:
        result = json.dumps(handler(json.loads(body) if body else None, context))
    except Exception as error:
        print_error(error)
        answer(connection, place + "error", failure(error))
        return
    sys.stdout.flush()
    answer(connection, place + "response", result)


def answer(connection, path, body):
    sys.stdout.flush()
    sys.stderr.flush()
    connection.request("POST", API + path, body.encode(), {"Content-Type": "application/json"})
    connection.getresponse().read()


def failure(error, message=None):
    trace = traceback.format_exception(type(error), error, error.__traceback__)[1:-1]
    # The frames of this file are of no use to whoever reads it.
    frames = [line for line in trace if __file__ not in line]
    kind = "Runtime.ImportModuleError" if message else type(error).__name__
    return json.dumps({"errorMessage": message or str(error), "errorType": kind, "stackTrace": frames})


def print_error(error):
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    sys.stdout.write(f"[ERROR] {type(error).__name__}: {error}\r{text}".replace("\n", "\r") + "\n")
    sys.stdout.flush()


main()
