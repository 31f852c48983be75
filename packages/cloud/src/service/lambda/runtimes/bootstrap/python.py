"""Runs a Python handler against Lambda's Runtime API: asks for an event, calls the handler, answers.

A first call waits for everything that is imported here, so it is little: what a handler may never need comes when it does.
Python is to be started without `site` for the same reason.
"""

import builtins
import importlib
import importlib.machinery
import json
import os
import socket
import sys
import time

API = "/2018-06-01/runtime/"


class Context:
    """What a handler may know of its call; the names are Lambda's."""

    def __init__(self, headers):
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.invoked_function_arn = headers["lambda-runtime-invoked-function-arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        given = headers.get("lambda-runtime-client-context")
        self.client_context = json.loads(given) if given else None
        self._deadline = int(headers["lambda-runtime-deadline-ms"])

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline - int(time.time() * 1000))


class RuntimeApi:
    """Speaks HTTP with the Runtime API, on one connection, which always answers with a length."""

    def __init__(self, address):
        # The address goes on with a folder, which every path is below.
        self.host, slash, folder = address.partition("/")
        self.api = slash + folder + API
        host, port = self.host.split(":")
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answers = self.socket.makefile("rb")

    def ask(self, method, path, body=b""):
        head = f"{method} {self.api}{path} HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self.socket.sendall(head.encode() + body)
        self.answers.readline()
        headers = {}
        for line in iter(self.answers.readline, b"\r\n"):
            if not line:
                sys.exit(1)  # whoever runs this is gone
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        return headers, self.answers.read(int(headers.get("content-length", 0)))


class SitePackages:
    """Brings this machine's packages into view when a module is not to be found without them."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if path is not None:
            return None
        sys.meta_path.remove(SitePackages)
        import site

        site.main()
        found = (finder.find_spec(name, path, target) for finder in list(sys.meta_path))
        return next((spec for spec in found if spec is not None), None)


class Logging:
    """Gives `logging` the handler that Lambda gives it, as soon as it is imported."""

    request_id = ""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != "logging":
            return None
        sys.meta_path.remove(Logging)
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        run = spec.loader.exec_module

        def run_and_add_handler(module):
            run(module)
            module.getLogger().addHandler(Logging.handler(module))

        spec.loader.exec_module = run_and_add_handler
        return spec

    @staticmethod
    def handler(logging):
        class Handler(logging.Handler):
            """Writes records the way Lambda does."""

            def emit(self, record):
                moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
                text = self.format(record).replace("\n", "\r")
                sys.stdout.write(f"[{record.levelname}]\t{moment}.{int(record.msecs):03d}Z\t{Logging.request_id}\t{text}\n")

        return Handler()


def main():
    sys.meta_path.insert(0, Logging)
    sys.meta_path.append(SitePackages)
    builtins.exit = builtins.quit = sys.exit  # as `site` would have it
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        handler = load(os.environ["_HANDLER"])
    except BaseException as error:
        answer(api, "init/error", failure(error, f"Unable to import module: {error}" if isinstance(error, ImportError) else None))
        sys.exit(1)
    while True:
        serve(api, handler)


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


def serve(api, handler):
    headers, body = api.ask("GET", "invocation/next")
    context = Context(headers)
    Logging.request_id = context.aws_request_id
    trace = headers.get("lambda-runtime-trace-id")
    if trace:
        os.environ["_X_AMZN_TRACE_ID"] = trace
    place = f"invocation/{context.aws_request_id}/"
    try:
        result = json.dumps(handler(json.loads(body) if body else None, context))
    except Exception as error:
        print_error(error)
        answer(api, place + "error", failure(error))
        return
    answer(api, place + "response", result)


def answer(api, path, text):
    sys.stdout.flush()
    sys.stderr.flush()
    api.ask("POST", path, text.encode())


def failure(error, message=None):
    import traceback

    trace = traceback.format_exception(type(error), error, error.__traceback__)[1:-1]
    # The frames of this file are of no use to whoever reads it.
    frames = [line for line in trace if __file__ not in line]
    kind = "Runtime.ImportModuleError" if message else type(error).__name__
    return json.dumps({"errorMessage": message or str(error), "errorType": kind, "stackTrace": frames})


def print_error(error):
    import traceback

    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    sys.stdout.write(f"[ERROR] {type(error).__name__}: {error}\r{text}".replace("\n", "\r") + "\n")
    sys.stdout.flush()


main()
