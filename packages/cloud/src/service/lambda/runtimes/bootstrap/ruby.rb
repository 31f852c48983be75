# Runs a Ruby handler against Lambda's Runtime API: asks for an event, calls the handler, answers.

require "json"
require "socket"

# What a handler may know of its call; the names are Lambda's.
class LambdaContext
  attr_reader :aws_request_id, :invoked_function_arn, :deadline_ms, :client_context, :identity

  def initialize(headers)
    @aws_request_id = headers["lambda-runtime-aws-request-id"]
    @invoked_function_arn = headers["lambda-runtime-invoked-function-arn"]
    @deadline_ms = headers["lambda-runtime-deadline-ms"].to_i
    given = headers["lambda-runtime-client-context"]
    @client_context = JSON.parse(given) if given
  end

  def function_name = ENV["AWS_LAMBDA_FUNCTION_NAME"]
  def function_version = ENV["AWS_LAMBDA_FUNCTION_VERSION"]
  def memory_limit_in_mb = ENV["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
  def log_group_name = ENV["AWS_LAMBDA_LOG_GROUP_NAME"]
  def log_stream_name = ENV["AWS_LAMBDA_LOG_STREAM_NAME"]

  def get_remaining_time_in_millis
    [0, deadline_ms - (Time.now.to_f * 1000).to_i].max
  end
end

# The program itself; in a module of its own, so that handlers' names are theirs.
module SluiceRuntime
  # Speaks HTTP with the Runtime API, on one connection, which always answers with a length.
  class Api
    PREFIX = "/2018-06-01/runtime/".freeze

    def initialize(address)
      # The address goes on with a folder, which every path is below.
      @address, slash, folder = address.partition("/")
      @prefix = slash + folder + PREFIX
      host, port = @address.split(":")
      @socket = TCPSocket.new(host, port.to_i)
      @socket.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
    end

    def ask(method, path, body = "")
      @socket.write("#{method} #{@prefix}#{path} HTTP/1.1\r\nHost: #{@address}\r\nContent-Type: application/json\r\nContent-Length: #{body.bytesize}\r\n\r\n#{body}")
      @socket.gets("\r\n") or exit(1) # whoever runs this is gone
      headers = {}
      while (line = @socket.gets("\r\n")) && line != "\r\n"
        name, value = line.split(":", 2)
        headers[name.downcase] = value.strip
      end
      [headers, @socket.read(headers.fetch("content-length", "0").to_i).force_encoding("UTF-8")]
    end
  end

  module_function

  def main
    $stdout.sync = true
    $stderr.sync = true
    api = Api.new(ENV["AWS_LAMBDA_RUNTIME_API"])
    begin
      handler = load_handler(ENV["_HANDLER"])
    rescue Exception => error # whatever a file does when it is loaded is to be told
      warn error.full_message(highlight: false)
      api.ask("POST", "init/error", failure("Init", error))
      exit 1
    end
    loop { serve(api, handler) }
  end

  # `file.method`, or `file.Module::Class.method`.
  def load_handler(name)
    file, *rest = name.split(".")
    raise ArgumentError, "Bad handler '#{name}': it must be FILE.METHOD or FILE.CLASS.METHOD" unless [1, 2].include?(rest.size)

    require File.join(ENV["LAMBDA_TASK_ROOT"], file)
    owner = rest.size == 2 ? Object.const_get(rest.first) : TOPLEVEL_BINDING.receiver
    owner.method(rest.last)
  end

  def serve(api, handler)
    headers, body = api.ask("GET", "invocation/next")
    context = LambdaContext.new(headers)
    place = "invocation/#{context.aws_request_id}/"
    begin
      answer = JSON.generate(handler.call(event: body.empty? ? nil : JSON.parse(body), context: context))
    rescue StandardError, NotImplementedError => error
      warn error.full_message(highlight: false)
      api.ask("POST", "#{place}error", failure("Function", error))
      return
    end
    api.ask("POST", "#{place}response", answer)
  end

  def failure(phase, error)
    JSON.generate(
      errorMessage: error.message,
      errorType: "#{phase}<#{error.class}>",
      # The frames of this file are of no use to whoever reads it.
      stackTrace: (error.backtrace || []).reject { |line| line.start_with?(__FILE__) }
    )
  end
end

SluiceRuntime.main
