"""Tests of logscan against real mail servers that talk to scripted peers."""
