// the live room
