# How Ecto reads the URLs in its arguments: Elixir's URI module does the work; the rules around it are those of
# Ecto.Repo.Supervisor.parse_url/1 (hex.pm alone has Ecto itself). One line for each URL: user, password, host, port and
# database, form-encoded with tabs between them, or an empty line if it rejects the URL.
for url <- System.argv() do
  uri = URI.parse(url)

  if is_nil(uri.host) or is_nil(uri.path) or not Regex.match?(~r"^/([^/])+$", uri.path) do
    IO.puts("")
  else
    [user | password] = String.split(uri.userinfo || "", ":", parts: 2)
    "/" <> database = uri.path
    fields = [user, List.first(password) || "", uri.host, to_string(uri.port), database]
    IO.puts(fields |> Enum.map(&URI.encode_www_form(URI.decode(&1))) |> Enum.join("\t"))
  end
end
