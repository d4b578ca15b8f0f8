// A server that speaks MySQL's protocol with the login method of MySQL 8, which MariaDB does not have. Its argument is a
// folder: it writes its certificate and its public key there, then the port on which it listens. Each login is a line of the
// log: the user, and the name of the client.
package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/server"
)

type handler struct{ server.EmptyHandler }

func (handler) UseDB(name string) error {
	if name == "nothing" {
		return mysql.NewDefaultError(mysql.ER_BAD_DB_ERROR, name)
	}
	return nil
}

func (handler) HandleQuery(string) (*mysql.Result, error) {
	rows, err := mysql.BuildSimpleTextResultset([]string{"1"}, [][]any{{"1"}})
	return &mysql.Result{Resultset: rows}, err
}

// Not the type of the library, which would never ask for the password itself.
type users struct{ *server.InMemoryProvider }

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func write(folder, name, kind string, der []byte) {
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	must(os.WriteFile(filepath.Join(folder, name), text, 0o600))
}

func main() {
	folder := os.Args[1]
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "localhost"},
		DNSNames:     []string{"localhost"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(err)
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	must(err)
	write(folder, "ca.pem", "CERTIFICATE", cert)
	write(folder, "public.pem", "PUBLIC KEY", public)

	tlsConfig := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert}, PrivateKey: key}}}
	pubKey := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})
	srv := server.NewServer("8.0.36", mysql.DEFAULT_COLLATION_ID, mysql.AUTH_CACHING_SHA2_PASSWORD, pubKey, tlsConfig)
	known := server.NewInMemoryProvider()
	known.AddUser("app", "sesame")
	known.AddUser("empty", "")

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	port := fmt.Sprint(listener.Addr().(*net.TCPAddr).Port)
	must(os.WriteFile(filepath.Join(folder, "port.new"), []byte(port), 0o600))
	must(os.Rename(filepath.Join(folder, "port.new"), filepath.Join(folder, "port")))
	for {
		conn, err := listener.Accept()
		must(err)
		go func() {
			session, err := srv.NewCustomizedConn(conn, users{known}, handler{})
			if err != nil {
				fmt.Println("refused:", err)
				return
			}
			fmt.Println("login:", session.GetUser(), session.Attributes()["program_name"])
			for session.HandleCommand() == nil && !session.Closed() {
			}
		}()
	}
}
