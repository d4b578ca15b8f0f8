// goose and golang-migrate apply migrations of their own: tools TOOL URL FOLDER TARGET. There are migrations 1, 2 and 3, of
// which the last one fails; TARGET is the last one to apply, or `down` for a step back.
package main

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/golang-migrate/migrate/v4"
	_ "github.com/golang-migrate/migrate/v4/database/pgx/v5"
	_ "github.com/golang-migrate/migrate/v4/source/file"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(tool, url, folder, target string) error {
	statements := []string{"SELECT 1;", "SELECT 2;", "SELECT nothing();"}
	for index, statement := range statements {
		name, text := fmt.Sprintf("%05d_step.sql", index+1), "-- +goose Up\n"+statement+"\n-- +goose Down\nSELECT 0;\n"
		if tool == "golang-migrate" {
			name, text = fmt.Sprintf("%d_step.up.sql", index+1), statement
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	version, _ := strconv.ParseInt(target, 10, 64)
	if tool == "golang-migrate" {
		m, err := migrate.New("file://"+folder, strings.Replace(url, "postgres://", "pgx5://", 1))
		if err != nil {
			return err
		}
		defer m.Close()
		if err := m.Migrate(uint(version)); !errors.Is(err, migrate.ErrNoChange) {
			return err
		}
		return nil
	}
	db, err := sql.Open("pgx", url)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := goose.SetDialect("postgres"); err != nil {
		return err
	}
	if target == "down" {
		return goose.Down(db, folder)
	}
	return goose.UpTo(db, folder, version)
}
