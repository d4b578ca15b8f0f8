// Same as clients.py, for pgx and lib/pq.
package main

import (
	"encoding/json"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/lib/pq"
)

// How a client reads a URL: its answer, and the settings that it sends to the server.
type reader func(url string) (answer []any, settings map[string]string, err error)

func withPgx(url string) ([]any, map[string]string, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, nil, err
	}
	return []any{config.User, config.Password, config.Host, config.Port, config.Database}, config.RuntimeParams, nil
}

func withPq(url string) ([]any, map[string]string, error) {
	config, err := pq.NewConfig(url)
	if err != nil {
		return nil, nil, err
	}
	return []any{config.User, config.Password, config.Host, config.Port, config.Database}, config.Runtime, nil
}

func fate(read reader, url string) string {
	_, settings, err := read(url)
	if err != nil {
		return "R"
	}
	name, _, _ := strings.Cut(url[strings.LastIndexAny(url, "?&")+1:], "=")
	if _, asked := settings[name]; asked {
		return "F"
	}
	return "."
}

func main() {
	var families map[string][]string
	if err := json.NewDecoder(os.Stdin).Decode(&families); err != nil {
		panic(err)
	}
	answers := map[string][]any{}
	for name, read := range map[string]reader{"pgx": withPgx, "lib/pq": withPq} {
		for _, url := range families["postgres"] {
			answer, _, err := read(url)
			if err != nil {
				answers[name] = append(answers[name], nil)
			} else {
				answers[name] = append(answers[name], answer)
			}
		}
		for _, url := range families["parameters"] {
			answers[name] = append(answers[name], fate(read, url))
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}
