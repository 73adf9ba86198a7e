// Peers "centrifuge", "centrifuge-delay" and "centrifuge-lean": the chat of the Centrifuge library's README, with its
// memory engine.
//
// Anybody may connect, subscribe to any channel and publish into it; nothing is kept (history is off). Without flags
// everything is the library's default; the flags are what its docs offer for many messages per connection and for
// many connections. README.md in the folder above says what each is worth.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"

	"github.com/centrifugal/centrifuge"
)

func main() {
	port := flag.Int("port", 8000, "port on 127.0.0.1")
	writeDelay := flag.Duration("write-delay", 0, "how long writes to one client are collected; 0: not at all")
	lean := flag.Bool("lean", false, "keep less per connection: timers for goroutines, pooled buffers, small stacks")
	flag.Parse()

	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		log.Fatal(err)
	}

	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		reply := centrifuge.ConnectReply{
			Credentials:    &centrifuge.Credentials{}, // an empty user id: anonymous
			WriteDelay:     *writeDelay,
			WriteWithTimer: *lean,
		}
		if *writeDelay > 0 {
			reply.MaxMessagesInFrame = -1 // all that was collected, not 16 messages
		}
		return reply, nil
	})

	node.OnConnect(func(client *centrifuge.Client) {
		client.OnSubscribe(func(_ centrifuge.SubscribeEvent, cb centrifuge.SubscribeCallback) {
			cb(centrifuge.SubscribeReply{}, nil)
		})
		client.OnPublish(func(_ centrifuge.PublishEvent, cb centrifuge.PublishCallback) {
			cb(centrifuge.PublishReply{}, nil)
		})
	})

	if err := node.Run(); err != nil {
		log.Fatal(err)
	}

	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("/connection/websocket", centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{
		UseWriteBufferPool:         *lean,
		ProcessCommandsOffReadLoop: *lean,
	}))
	fmt.Println("ready")
	log.Fatal(http.Serve(listener, nil))
}
