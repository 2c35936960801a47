module example.com/zpns-webhook

go 1.19
