// As clients.py, for pgx.
package main

import (
	"encoding/json"
	"os"

	"github.com/jackc/pgx/v5"
)

func main() {
	var urls map[string][]string
	if err := json.NewDecoder(os.Stdin).Decode(&urls); err != nil {
		panic(err)
	}
	answers := []any{}
	for _, url := range urls["postgres"] {
		config, err := pgx.ParseConfig(url)
		if err != nil {
			answers = append(answers, nil)
			continue
		}
		answers = append(answers, []any{config.User, config.Password, config.Host, config.Port, config.Database})
	}
	if err := json.NewEncoder(os.Stdout).Encode(map[string]any{"go": answers}); err != nil {
		panic(err)
	}
}
