// Asks once through http.DefaultClient, and prints the answer: `Go: BODY`.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
)

func main() {
	answer, err := http.Get(os.Args[1])
	if err != nil {
		fmt.Println("Go:", err)
		return
	}
	body, _ := io.ReadAll(answer.Body)
	fmt.Printf("Go: %s\n", body)
}
