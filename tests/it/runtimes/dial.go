// Connects once, and prints the result: `connected MS`, or `failed MS ERROR`.
package main

import (
	"fmt"
	"net"
	"os"
	"time"
)

func main() {
	began := time.Now()
	_, err := net.Dial("tcp", net.JoinHostPort(os.Args[1], os.Args[2]))
	spent := time.Since(began).Milliseconds()
	if err != nil {
		fmt.Println("failed", spent, err)
		return
	}
	fmt.Println("connected", spent)
}
